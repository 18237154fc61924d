/** What Braze documents that a stat entry of a channel may hold, and what was seen in recorded answers. */
const PUSH = [
  "sent",
  "direct_opens",
  "total_opens",
  "bounces",
  "body_clicks",
  // Of sends only:
  "delivered",
  "undelivered",
  "delivery_failed",
  // Of the Canvas summary only, where `influenced_opens` is an old name for all opens:
  "opens",
  "influenced_opens",
];

const BY_CHANNEL: Readonly<Record<string, readonly string[]>> = {
  email: [
    ...["sent", "opens", "unique_opens", "clicks", "unique_clicks", "unsubscribes", "bounces", "delivered"],
    ...["reported_spam", "machine_open", "machine_amp_open"],
  ],
  ios_push: PUSH,
  android_push: PUSH,
  web_push: PUSH,
  kindle_push: PUSH,
  sms: [
    ...["sent", "sent_to_carrier", "delivered", "rejected", "delivery_failed", "undelivered"],
    ...["clicks", "opt_out", "help"],
  ],
  whats_app: ["sent", "delivered", "failed", "read"],
  content_cards: [
    ...["sent", "total_clicks", "total_dismissals", "total_impressions"],
    ...["unique_clicks", "unique_dismissals", "unique_impressions"],
  ],
  webhook: ["sent", "errors"],
  trigger_in_app_message: ["impressions", "clicks", "first_button_clicks", "second_button_clicks"],
  in_app_message: ["impressions", "clicks", "first_button_clicks", "second_button_clicks"],
};

const VARIANT = [
  ...["variation_name", "variation_api_id", "variation_id", "enrolled", "revenue", "unique_recipients"],
  ...["conversions", "conversions1", "conversions2", "conversions3"],
  ...["conversions_by_send_time", "conversions1_by_send_time"],
  ...["conversions2_by_send_time", "conversions3_by_send_time"],
];

const known = new Map(
  Object.entries(BY_CHANNEL).map(([channel, names]) => [channel, new Set([...names, ...VARIANT])]),
);

/** Counters of single slides and buttons: their names hold titles that people typed. */
const DYNAMIC = /^(carousel_slide|notif_button)_.*_click$/;

/** The fields of an entry that are not documented for its channel; of a channel that nobody documents, all. */
export function undocumentedFields(channel: string, entry: Readonly<Record<string, unknown>>): string[] {
  const names = known.get(channel);
  return Object.keys(entry).filter((name) => !names?.has(name) && !DYNAMIC.test(name));
}
