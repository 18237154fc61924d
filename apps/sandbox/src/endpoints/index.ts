import type { Endpoint } from "../endpoint.ts";
import { broadcastEndpoints } from "./broadcasts.ts";
import { campaignEndpoints } from "./campaigns.ts";
import { canvasSummaryEndpoints } from "./canvas-summary.ts";
import { canvasEndpoints } from "./canvases.ts";
import { contactEndpoints } from "./contacts.ts";
import { customDataEndpoints } from "./custom-data.ts";
import { kpiEndpoints } from "./kpi.ts";
import { purchaseEndpoints } from "./purchases.ts";
import { segmentEndpoints } from "./segments.ts";
import { sendEndpoints } from "./sends.ts";
import { subscriptionEndpoints } from "./subscriptions.ts";
import { userExportEndpoints } from "./user-export.ts";

/** Every endpoint that the sandbox answers. */
export const endpoints: readonly Endpoint[] = [
  ...campaignEndpoints,
  ...canvasEndpoints,
  ...canvasSummaryEndpoints,
  ...sendEndpoints,
  ...segmentEndpoints,
  ...customDataEndpoints,
  ...kpiEndpoints,
  ...purchaseEndpoints,
  ...contactEndpoints,
  ...broadcastEndpoints,
  ...userExportEndpoints,
  ...subscriptionEndpoints,
];
