import {
  type ArmActivity,
  type ArmDay,
  type ArmMetric,
  type ExperimentInput,
  judgeExperiment,
  NO_HISTORY,
  resolveDefinition,
} from "@lifecycle/experiments";
import { type Campaign, campaignTruth, createWorld, dateText } from "@lifecycle/simulation";
import { asymptoticSequence, dunnettCritical, dunnettLogTail, normSf } from "@lifecycle/stats";

const NOW = Date.UTC(2026, 5, 30, 12);
const TODAY = Math.floor(NOW / 86_400_000);

const windowOf = ({ behaviors }: Campaign) => Math.max(0, ...behaviors.map(({ windowDays }) => windowDays));

/** One campaign of a planted world as evaluation sees it, and what was planted. */
export interface Planted {
  readonly campaign: Campaign;
  readonly input: ExperimentInput;
  readonly controlArm: number;
}

/** How a test may be broken: on purpose, in what evaluation reads. */
export interface Broken {
  readonly days?: (day: ArmDay, campaign: Campaign) => ArmDay | undefined;
  readonly activity?: (arms: readonly ArmMetric[], control: string) => ArmActivity[];
}

const WORLDS = { canvases: 0, days: 90, nowMs: NOW, timeZone: "UTC" };

/** Every compared campaign of a world, counted user by user from what was planted, up to those who have had their time to convert. */
export function plantedCampaigns(seed: number, campaigns: number): { campaign: Campaign; days: ArmDay[] }[] {
  const world = createWorld({ ...WORLDS, seed, campaigns });
  const today = world.calendar.dayOf(NOW);
  return world
    .campaigns(NOW)
    .filter(({ isMultivariate, planted }) => isMultivariate && planted !== "none")
    .map((campaign) => ({
      campaign,
      days: campaignTruth(world, campaign, NOW, world.firstDay, today - windowOf(campaign)).flatMap(
        ({ date, variants }) => armDays(campaign, date, variants),
      ),
    }))
    .filter(({ days }) => days.some(({ n }) => n > 0));
}

const NO_SUMS = {
  valueSum: null,
  valueSumsq: null,
  valueSumcubes: null,
  covariateSum: null,
  covariateSumsq: null,
  crossSum: null,
  cappedUnits: null,
} as const;

function armDays(
  campaign: Campaign,
  date: string,
  variants: ReturnType<typeof campaignTruth>[number]["variants"],
): ArmDay[] {
  return campaign.arms.map((_, arm) => {
    const own = variants.filter((__, message) => campaign.messages[message]!.arm === arm);
    const sum = (of: (variant: (typeof own)[number]) => number | null) =>
      own.reduce((total, variant) => total + (of(variant) ?? 0), 0);
    return {
      experimentId: campaign.id,
      metric: "conversion",
      armId: String(arm),
      date,
      n: sum((variant) => (variant.is_control ? variant.enrolled : variant.unique_recipients)),
      x: sum((variant) => variant.conversions_by_send_time),
      segment: "all",
      ...NO_SUMS,
    };
  });
}

/** What evaluation would read of the campaign, judged once at its end, or at any look. */
export function inputOf(
  { campaign, days }: { campaign: Campaign; days: readonly ArmDay[] },
  looks: "fixed" | "confidence_sequence",
  broken: Broken = {},
): Planted {
  const seen = days
    .flatMap((day) => (broken.days ? (broken.days(day, campaign) ?? []) : day))
    .filter(({ n }) => n > 0);
  const controlArm = Math.max(
    0,
    campaign.arms.findIndex(({ isControl }) => isControl),
  );
  const arms = campaign.arms.map(
    (arm, index): ArmMetric => armOf(campaign, arm.name, index, seen, controlArm),
  );
  const definition = resolveDefinition({
    looks: looks === "fixed" ? { kind: "fixed" } : { kind: "confidence_sequence", expected_units: 5_000 },
    ended: true,
    control: String(controlArm),
    repeat_sends: "no",
    planned_shares: Object.fromEntries(campaign.arms.map(({ allocation }, i) => [String(i), allocation])),
  });
  const activity = broken.activity?.(arms, String(controlArm)) ?? [];
  const input = { arms, days: seen, activity, definition, history: NO_HISTORY, experiments: 1 };
  return { campaign, input, controlArm };
}

function armOf(
  campaign: Campaign,
  name: string,
  index: number,
  days: readonly ArmDay[],
  control: number,
): ArmMetric {
  const own = days.filter(({ armId }) => armId === String(index));
  return {
    ...NO_SUMS,
    workspace: "main",
    experimentId: campaign.id,
    experimentName: campaign.name,
    source: "campaign",
    dataGrade: "rest_totals",
    unit: "recipient",
    armId: String(index),
    armName: name,
    isControl: index === control && campaign.arms[index]!.isControl,
    controlBasis: "reported",
    metric: "conversion",
    kind: "proportion",
    role: "primary",
    segment: "all",
    n: own.reduce((sum, { n }) => sum + n, 0),
    x: own.reduce((sum, { x }) => sum + (x ?? 0), 0),
    cap: null,
    valueSumcubes: null,
    cappedUnits: null,
    unitDays: own.length,
    unclosedDays: 0,
    firstDate: own[0]?.date ?? null,
    lastDate: own.at(-1)?.date ?? null,
    windowDays: windowOf(campaign),
    asOf: dateText(TODAY),
  };
}

/** What is said of every treatment, with its planted lift and the chance of shipping it that the plan promises. */
export function judgePlanted({ campaign, input, controlArm }: Planted) {
  const { verdicts, results } = judgeExperiment(input);
  const rows = results.filter((row) => row.status === "estimated");
  const control = campaign.arms[controlArm]!;
  const sizes = rows.map(({ n }) => n!);
  const nc = rows[0]?.control_n ?? 0;
  const { alpha, looks } = input.definition;
  const lambdas = sizes.map((n) => Math.sqrt(1 / nc / (1 / nc + 1 / n)));
  const dunnett = rows.length === 0 ? 0 : dunnettCritical(dunnettLogTail(lambdas), lambdas.length, alpha);
  const criticalAt = (n: number) =>
    looks.kind === "confidence_sequence"
      ? asymptoticSequence({ estimate: 0, se: 1, n, nStar: looks.expected_units, alpha: alpha / rows.length })
          .upper!
      : dunnett;
  return verdicts.map((verdict) => {
    const arm = campaign.arms[Number(verdict.arm_id)];
    const row = rows.find(({ arm_id }) => arm_id === verdict.arm_id);
    if (!arm || !row) return { verdict, lift: null, promised: null };
    const [pc, pt] = [control.conversionRate, arm.conversionRate];
    const se = Math.sqrt((pc * (1 - pc)) / nc + (pt * (1 - pt)) / row.n!);
    return {
      verdict,
      lift: arm.conversionRate / control.conversionRate - 1,
      promised: normSf(criticalAt(nc + row.n!) - (pt - pc) / se),
    };
  });
}
