import { setTimeout as delay } from "node:timers/promises";
import type { Bucket, File } from "@google-cloud/storage";
import { FatalError, LifecycleError, RetryableError } from "@lifecycle/contracts";

export interface BucketSettings {
  /** `gs://bucket/prefix`. */
  uri: string;
  /** Key file; without it Application Default Credentials, workload identity included. */
  credentialsFile?: string | undefined;
  /** Instead of Google's, for a fake or a private endpoint. */
  apiEndpoint?: string | undefined;
  projectId?: string | undefined;
  /** Pause before the second try of a request, doubled each time up to five tries; 500 unless told. */
  retryDelayMs?: number | undefined;
}

/** A prefix of a bucket, and how this room calls it. */
export interface BucketRoom {
  /** `gs://bucket/prefix/key`. */
  uriOf(key: string): string;
  /** The name of `key` in the bucket. */
  nameOf(key: string): string;
  bucket(): Promise<Bucket>;
  file(key: string): Promise<File>;
  /** Sends a request that may be sent again, up to five times. Throws classified errors naming `doing`. */
  call<T>(doing: string, send: () => Promise<T>): Promise<T>;
}

const TRIES = 5;

/** Nothing is contacted, and the client not even loaded, before the first call. */
export function openBucket(settings: BucketSettings): BucketRoom {
  const [, name, prefix = ""] = /^gs:\/\/([^/]+)\/?(.*?)\/*$/.exec(settings.uri) ?? [];
  if (name === undefined) {
    throw new FatalError("landing.bad_bucket", `expected gs://bucket/prefix, got ${settings.uri}`);
  }
  let client: Promise<Bucket> | undefined;
  const bucket = () => {
    client ??= connect(settings, name);
    return client;
  };
  const nameOf = (key: string) => (prefix === "" ? key : `${prefix}/${key}`);
  return {
    bucket,
    nameOf,
    uriOf: (key) => `gs://${name}/${nameOf(key)}`,
    file: async (key) => (await bucket()).file(nameOf(key)),
    call: (doing, send) => call(settings, doing, send),
  };
}

async function connect(settings: BucketSettings, name: string): Promise<Bucket> {
  const { Storage } = await import("@google-cloud/storage");
  const storage = new Storage({
    ...(settings.projectId === undefined ? {} : { projectId: settings.projectId }),
    ...(settings.credentialsFile === undefined ? {} : { keyFilename: settings.credentialsFile }),
    ...(settings.apiEndpoint === undefined ? {} : { apiEndpoint: settings.apiEndpoint }),
    // Ours below: theirs does not send an upload again that has no precondition, and every one of ours may be.
    retryOptions: { autoRetry: false },
  });
  return storage.bucket(name);
}

async function call<T>(settings: BucketSettings, doing: string, send: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await send();
    } catch (error) {
      if (attempt >= TRIES || !isTransient(error)) throw toLifecycleError(error, doing);
      const pause = (settings.retryDelayMs ?? 500) * 2 ** (attempt - 1);
      await delay(pause * (0.5 + Math.random() / 2));
    }
  }
}

/** HTTP status of a refusal; undefined when no answer came. */
export function statusOf(error: unknown): number | undefined {
  const { code } = (typeof error === "object" && error !== null ? error : {}) as { code?: unknown };
  const status = Number(code);
  return Number.isInteger(status) && status >= 100 ? status : undefined;
}

/** An error of this machine's disk, met while reading what is to be sent. */
const local = new Set(["ENOENT", "EACCES", "EISDIR", "ENOSPC"]);

function isTransient(error: unknown): boolean {
  if (error instanceof LifecycleError || local.has(String((error as { code?: unknown }).code))) return false;
  const status = statusOf(error);
  return (
    status === undefined ||
    status === 408 ||
    status === 429 ||
    status >= 500 ||
    reasonOf(error) === "rateLimitExceeded"
  );
}

function reasonOf(error: unknown): string | undefined {
  return (error as { errors?: { reason?: string }[] }).errors?.[0]?.reason;
}

function toLifecycleError(error: unknown, doing: string): LifecycleError {
  if (error instanceof LifecycleError) return error;
  const message = `${doing}: ${(error instanceof Error ? error.message : String(error)).split("\n", 1)[0]}`;
  const options = { cause: error };
  if (isTransient(error)) return new RetryableError("landing.bucket_unavailable", message, options);
  switch (statusOf(error)) {
    case 401:
    case 403:
      return new FatalError("landing.access_denied", message, options);
    case 404:
      return new FatalError("landing.not_found", message, options);
    default:
      return new FatalError("landing.bucket_refused", message, options);
  }
}
