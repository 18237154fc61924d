import { z } from "zod";
import { rawTable } from "./columns.ts";
import { objectList } from "./simple-list.ts";

const rawSend = rawTable(
  "raw_send",
  ["object_id", "campaign_id", "send_id"],
  [
    ["object_id", "STRING"],
    ["campaign_id", "STRING"],
    ["send_id", "STRING"],
    ["extra", "JSON"],
  ],
);

const Send = z
  .object({ campaign_id: z.string().min(1), send_id: z.string().min(1) })
  .transform((send) => ({ object_id: `${send.campaign_id}/${send.send_id}`, ...send }));

/** Sends of API campaigns that settings name: Braze offers no list of them. An object is `<campaign id>/<send id>`. */
export const sendsList = objectList({
  slug: "sends-list",
  path: "",
  scope: "",
  bucket: "default",
  paging: { style: "configured" },
  object: { idColumn: "object_id", nameColumn: "send_id" },
  field: "sends",
  table: rawSend,
  key: ["object_id"],
  schema: Send,
});
