import type { World } from "@lifecycle/simulation";
import type { ExportDesk } from "./exports.ts";
import type { BucketName } from "./limits.ts";
import type { Params } from "./params.ts";
import type { Series } from "./views/series.ts";

/** What an endpoint may look at. */
export interface Context {
  world: World;
  /** The world's clock when the request arrived, whole minutes. */
  nowMs: number;
  /** Aggregated views, cached across requests. */
  series: Series;
  /** User exports that are being prepared or can be downloaded. */
  exports: ExportDesk;
  /** Where the sandbox listens: endpoints that hand out links need it. */
  baseUrl: string;
}

export interface ApiRequest {
  params: Params;
  /** The parsed JSON body of a POST. */
  body: Record<string, unknown>;
}

/** A body with headers of its own. */
export class Answer {
  readonly body: unknown;
  readonly headers: Record<string, string>;

  constructor(body: unknown, headers: Record<string, string> = {}) {
    this.body = body;
    this.headers = headers;
  }
}

/** One documented endpoint: a row in a table. */
export interface Endpoint {
  method: "GET" | "POST";
  path: string;
  scope: string;
  bucket: BucketName;
  /** The parameter (or body field) that names an object, for the log and for broken objects. */
  objectParam?: string;
  /** The successful body, or an `Answer`. Throws an `ApiError` otherwise. */
  answer(request: ApiRequest, context: Context): unknown;
}
