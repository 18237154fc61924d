import { Slug } from "@lifecycle/contracts";
import { z } from "zod";
import { HttpUrl, int, number, secret, TimeZone } from "./values.ts";

const Braze = z
  .strictObject({
    base_url: HttpUrl.optional(),
    api_key: secret(8).optional(),
    /** The part of each bucket this fleet may use; the rest stays for production sends. */
    share_of_quota: number(z.number().gt(0).max(1)).default(1),
    /** A contract's own limits, by bucket: requests per window. */
    buckets: z
      .record(Slug, z.strictObject({ limit: int(1, 1e9), window_seconds: int(1, 86_400) }))
      .default({}),
    /** Series narrowed to an app, a segment with analytics tracking, or both; of all resources that can be, or of those named. */
    slices: z
      .array(
        z
          .strictObject({
            name: Slug.max(16),
            app_id: z.string().min(1).optional(),
            segment_id: z.string().min(1).optional(),
            resources: z.array(Slug).min(1).optional(),
          })
          .refine(({ app_id, segment_id }) => app_id ?? segment_id, "expected an app_id or a segment_id"),
      )
      .default([]),
    /** Sends of API campaigns to read by day: Braze has no list of them. */
    sends: z
      .array(z.strictObject({ campaign_id: z.string().min(1), send_id: z.string().min(1) }))
      .default([]),
    /** Whose users are exported, when a pipeline reads `users-export-segment`, and which of their fields. */
    exports: z
      .strictObject({
        segments: z.array(z.string().min(1)).default([]),
        fields: z.array(z.string().min(1)).min(1).optional(),
      })
      .prefault({}),
  })
  .superRefine((braze, context) => {
    if (braze.api_key && !braze.base_url) {
      context.addIssue({
        code: "custom",
        path: ["base_url"],
        message: "expected your REST endpoint, such as https://rest.iad-01.braze.com (an API key is set)",
      });
    }
    if (braze.base_url && !braze.api_key) {
      context.addIssue({
        code: "custom",
        path: ["api_key"],
        message: "expected a REST API key (a base_url is set); leave both out to use the sandbox",
      });
    }
  });

export const Workspace = z.strictObject({
  braze: Braze.prefault({}),
  /** Braze's company time zone: the days of its REST series. */
  time_zone: TimeZone.default("UTC"),
});
