import type { Campaign } from "./campaign.ts";
import { secondArm } from "./defects.ts";
import { blankEvent, EventKind } from "./event-log.ts";
import type { World } from "./world.ts";

/** Who was given which variation of a campaign, as a team that keeps such a list would export it. */
export interface AssignmentRow {
  /** `campaign__<id>` */
  experiment: string;
  unit_id: string;
  arm_id: string;
  /** ISO 8601, UTC. */
  assigned_at: string;
}

const FIRST = new Set<number>([EventKind.enrolled, EventKind.sent, EventKind.impression]);

/** The assignments of a campaign on its reported days, person by person; whoever was given a second arm is listed again, a minute later. */
export function* campaignAssignments(
  world: World,
  campaign: Campaign,
  nowMs: number,
): Generator<AssignmentRow> {
  const event = blankEvent();
  for (let day = world.firstDay; day <= world.calendar.dayOf(nowMs); day++) {
    const log = world.sends(campaign, day);
    const start = world.calendar.startOf(day);
    let last = -1;
    for (let at = 0; at < log.length; at++) {
      log.read(at, event);
      const ms = start + event.minute * 60_000;
      if (event.user === last || ms > nowMs || !FIRST.has(event.kind)) continue;
      last = event.user;
      const row = (message: number, when: number): AssignmentRow => ({
        experiment: `campaign__${campaign.id}`,
        unit_id: `user-${event.user}`,
        arm_id: campaign.messages[message]!.id,
        assigned_at: new Date(when).toISOString(),
      });
      yield row(event.message, ms);
      const second = secondArm(campaign, event.arm, event.user);
      if (second !== undefined)
        yield row(
          campaign.messages.findIndex(({ arm }) => arm === second),
          ms + 60_000,
        );
    }
  }
}
