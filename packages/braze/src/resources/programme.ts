import { flag, instant, text, texts } from "../decode/lenient.ts";

/** What the details of a campaign and of a Canvas both tell. */
export const programmeFields = {
  name: text(),
  tags: texts(),
  created_at: instant(),
  updated_at: instant(),
  archived: flag(),
  draft: flag(),
  enabled: flag(),
  schedule_type: text(),
  channels: texts(),
  description: text(),
};

/** Fields of both that have no column of their own. */
export const WITHOUT_COLUMN = ["message", "errors", "has_post_launch_draft", "teams"];

/** What changes by itself in both while they stay what they are. */
export const CHANGES_BY_ITSELF = ["message", "errors", "updated_at"];
