import type { Channel } from "@lifecycle/simulation";

/** What a message says, for /campaigns/details and /canvas/details; the text follows the object's revision. */
export interface MessageContent {
  id: string;
  name: string;
  channel: Channel;
  isControl: boolean;
  title: string;
  revision: number;
}

/** One entry of `messages` as the reference shows it for the channel. */
export function messageShape(content: MessageContent, withTranslation: boolean): object {
  const translation = withTranslation ? { has_translatable_content: content.revision % 2 === 0 } : {};
  if (content.isControl)
    return { channel: content.channel, type: "control", name: content.name, ...translation };
  return { channel: content.channel, ...shapes[content.channel](content), ...translation };
}

const GROUP = "8d3f3a57-2f0e-4c8a-a1d5-4f6f3f6f9a10";

const shapes: Record<Channel, (content: MessageContent) => object> = {
  email: ({ name, title, revision }) => ({
    name,
    extras: [],
    subject: `${title}, edition ${revision}`,
    body: `<html><body><p>${title}, edition ${revision}</p></body></html>`,
    from: "Example <news@example.com>",
    reply_to: "help@example.com",
    title: name,
    amp_body: "",
    preheader: `Edition ${revision}`,
    custom_plain_text: "",
    should_inline_css: false,
    should_whitespace_header: false,
    email_headers: [],
  }),
  ios_push: push,
  android_push: push,
  sms: ({ name, title, revision }) => ({
    name,
    body: `${title} ${revision}`,
    from: "+15550100, +15550101",
    subscription_group_id: GROUP,
  }),
  whats_app: ({ name }) => ({
    name,
    subscription_group_id: GROUP,
    from: ["+15550102"],
    template_name: "order_update",
    template_language_code: "en_US",
    header_variables: [],
    body_variables: ["first_name"],
    button_variables: [],
  }),
  content_cards: ({ name }) => ({ name, extras: { slot: "home" } }),
  webhook: ({ name, title }) => ({
    name,
    url: "https://hooks.example.com/lifecycle",
    body: JSON.stringify({ title }),
    type: "json",
    headers: { "Content-Type": "application/json" },
    method: "POST",
  }),
  trigger_in_app_message: ({ name, title }) => ({ name, message: title }),
};

function push({ name, title, revision }: MessageContent): object {
  return {
    name,
    alert: `${title} ${revision}`,
    extras: {},
    title,
    action: "Opens App",
    image_url: null,
    large_image_url: null,
  };
}

/** `2022-11-29T14:59:02+00:00`: how Braze writes an instant in lists and details. */
export function stamp(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}+00:00`;
}
