import type { Endpoint } from "../endpoint.ts";
import { campaignEndpoints } from "./campaigns.ts";
import { canvasEndpoints } from "./canvases.ts";

/** Every endpoint that the sandbox answers. */
export const endpoints: readonly Endpoint[] = [...campaignEndpoints, ...canvasEndpoints];
