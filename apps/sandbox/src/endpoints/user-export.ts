import { ApiError } from "../api-error.ts";
import type { ApiRequest, Context, Endpoint } from "../endpoint.ts";
import { collectRecords } from "../views/user-records.ts";
import { segmentById } from "./lookups.ts";
import { userByExternalId } from "./user-lookup.ts";

const MOST_IDS = 50;

export const userExportEndpoints: Endpoint[] = [
  {
    method: "POST",
    path: "/users/export/segment",
    scope: "users.export.segment",
    bucket: "default",
    objectParam: "segment_id",
    answer: (request, context) =>
      start(request, context, segmentById(requiredText(request, "segment_id"), context).id),
  },
  {
    method: "POST",
    path: "/users/export/global_control_group",
    scope: "users.export.global_control_group",
    bucket: "default",
    answer: (request, context) => start(request, context, undefined),
  },
  {
    method: "POST",
    path: "/users/export/ids",
    scope: "users.export.ids",
    bucket: "users_export_ids",
    answer({ body }, context) {
      const ids = stringList(body.external_ids);
      if (ids.length > MOST_IDS) {
        const message = "The max number of external_ids and aliases per request was exceeded";
        throw new ApiError(400, message);
      }
      const found = ids.map((id) => ({ id, user: userByExternalId(id, context) }));
      const users = found.flatMap(({ user }) => (user ? [user] : []));
      const invalid = found.flatMap(({ id, user }) => (user ? [] : [id]));
      const records = collectRecords(context.world, users, fieldsOf(body), context.nowMs);
      return {
        message: "success",
        users: [...records],
        ...(invalid.length > 0 ? { invalid_user_ids: invalid } : {}),
      };
    },
  },
];

/** Queues an export: the link in the answer becomes valid later. */
function start({ body }: ApiRequest, context: Context, segmentId: string | undefined): object {
  if (body.output_format !== undefined && body.output_format !== "zip" && body.output_format !== "gzip") {
    throw new ApiError(400, "output_format must be zip or gzip");
  }
  const callback = typeof body.callback_endpoint === "string" ? body.callback_endpoint : undefined;
  const job = { segmentId, fields: fieldsOf(body), callback, nowMs: context.nowMs };
  const prefix = context.exports.start(job, `${context.baseUrl}/__exports/`);
  return {
    message: "success",
    object_prefix: prefix,
    url: `${context.baseUrl}/__exports/${prefix}.zip`,
  };
}

function fieldsOf(body: Record<string, unknown>): string[] {
  const fields = stringList(body.fields_to_export);
  if (fields.length === 0) throw new ApiError(400, "fields_to_export is required");
  return fields;
}

function requiredText({ body }: ApiRequest, name: string): string {
  const value = body[name];
  if (typeof value !== "string") throw new ApiError(400, `${name} is required`);
  return value;
}

function stringList(value: unknown): string[] {
  if (value === undefined) return [];
  if (Array.isArray(value) && value.every((item) => typeof item === "string")) return value;
  throw new ApiError(400, "Expected a list of strings");
}
