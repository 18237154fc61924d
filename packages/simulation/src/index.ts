export { ActivityKind, type ActivityLog, type ActivityRow } from "./activity.ts";
export { type AdClickRow, type AdClicksSettings, adClicks } from "./ad-clicks.ts";
export type { Arm, Planted } from "./arms.ts";
export { type AssignmentRow, campaignAssignments } from "./assignments.ts";
export type { Audience } from "./audience.ts";
export { type Calendar, dateText, dayNumber } from "./calendar.ts";
export { type Campaign, type CampaignMessage, sendsOn } from "./campaign.ts";
export { type Canvas, type CanvasStep, type CanvasVariant, entersOn } from "./canvas.ts";
export type { App, AttributeType, Catalogue, EventType, Product, Segment } from "./catalogue.ts";
export type { Channel } from "./channels.ts";
export type { ContactEvent, ContactList } from "./contacts.ts";
export type { ConversionBehavior } from "./conversions.ts";
export { DEFECTS, type Defect } from "./defects.ts";
export { blankEvent, EventKind, EventLog, type PlantedEvent } from "./event-log.ts";
export type { ObjectState } from "./lifecycle.ts";
export type { Population, User } from "./population.ts";
export type { Profile } from "./profile.ts";
export { fraction, hash32, hashText, Stream, uuid } from "./random.ts";
export type { ResolvedSettings, WorldSettings } from "./settings.ts";
export { contactTruth, eventTruth, kpiTruth, purchaseTruth, segmentTruth } from "./truth-activity.ts";
export {
  type CampaignDayTruth,
  campaignTruth,
  type OutcomeCounters,
  sendTruth,
  type VariantTruth,
} from "./truth-campaign.ts";
export { type CanvasDayTruth, type CanvasOutcomes, canvasTruth } from "./truth-canvas.ts";
export type { ChannelStats, CommonCounters } from "./truth-counters.ts";
export { createWorld, type World } from "./world.ts";
