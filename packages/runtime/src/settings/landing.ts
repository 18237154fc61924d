import { z } from "zod";
import { HttpUrl } from "./values.ts";

const BUCKET_PATH = /^gs:\/\/[a-z0-9][a-z0-9._-]+[a-z0-9](\/[^/\s]+)*\/?$/;

/** Where raw files and the ledger lie. */
export const Landing = z
  .strictObject({
    /** A folder, or `gs://bucket/prefix`. */
    path: z
      .string()
      .min(1)
      .refine(
        (path) => !path.includes("://") || BUCKET_PATH.test(path),
        "expected a folder or gs://bucket/prefix",
      )
      .default("./data"),
    /** For a bucket. */
    gcs: z
      .strictObject({
        /** A service account key file; without it the machine's own identity is used. */
        credentials_file: z.string().min(1).optional(),
        /** Another API address, for the fake of the tests. */
        api_endpoint: HttpUrl.optional(),
      })
      .prefault({}),
  })
  .prefault({});
