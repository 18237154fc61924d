import type { IncomingMessage, ServerResponse } from "node:http";
import { Objects, type StoredObject } from "./gcs/objects.ts";
import { invalid, notFound } from "./rest/api-error.ts";
import { type FakeRequest, type Fault, Faults, faultError } from "./rest/faults.ts";
import { listen, readAll, sendJson } from "./rest/server.ts";
import { Uploads } from "./rest/upload.ts";

export interface GcsServer {
  url: string;
  /** Every request received, in order. */
  requests: FakeRequest[];
  fail(fault: Fault): void;
  forgetFaults(): void;
  bucket(name: string): Objects;
  /** The objects that a `gs://bucket/name` means, in order of name; a name may hold one `*`. */
  resolve(uri: string): StoredObject[];
  close(): Promise<void>;
}

const PAGE = 1_000;

/**
 * A local Cloud Storage that speaks its JSON API on loopback, objects in memory: multipart, media and resumable uploads with
 * `ifGenerationMatch`, get, media download with its checksums, list with prefix and delimiter in pages, delete.
 *
 * Unlike the real one: buckets exist from the start by name; no access control, versions, ranges, compose or rewrite.
 */
export async function startGcsServer(
  buckets: readonly string[],
  options: { port?: number } = {},
): Promise<GcsServer> {
  const all = new Map(buckets.map((name) => [name, new Objects()]));
  const faults = new Faults();
  const uploads = new Uploads();
  const requests: FakeRequest[] = [];
  const bucket = (name: string): Objects => {
    const found = all.get(name);
    if (!found) throw notFound("The specified bucket does not exist.");
    return found;
  };

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", "http://fake");
    const seen = { method: request.method ?? "GET", path: url.pathname };
    requests.push(seen);
    const bytes = await readAll(request);
    const fault = faults.take(seen);
    if (fault?.does === "answer") throw faultError(fault);
    if (fault?.does === "cut") return void response.destroy();
    const answer = act(seen, url, request, bytes);
    if (fault?.does === "cut-after") return void response.destroy();
    answer(response);
  }

  function act(
    seen: FakeRequest,
    url: URL,
    request: IncomingMessage,
    bytes: Buffer,
  ): (response: ServerResponse) => void {
    const [, upload, bucketName, object] =
      /^(\/upload)?\/storage\/v1\/b\/([^/]+)(?:\/o(?:\/(.+))?)?$/.exec(url.pathname) ?? [];
    if (bucketName === undefined) throw notFound(`${seen.method} ${seen.path}`);
    const objects = bucket(bucketName);
    if (upload !== undefined) {
      const step = uploads.take(url, request.headers, bytes);
      if (step.kind === "more") return (response) => response.writeHead(step.status, step.headers).end();
      const stored = put(objects, step.resource, step.data, step.query);
      return (response) => sendJson(response, 200, resourceOf(bucketName, stored));
    }
    if (object === undefined) return answerBucket(bucketName, objects, seen, url);
    return answerObject(bucketName, objects, seen, url, decodeURIComponent(object));
  }

  const server = await listen(serve, options.port);
  return {
    url: server.url,
    requests,
    fail: (fault) => faults.add(fault),
    forgetFaults: () => faults.clear(),
    bucket,
    resolve(uri) {
      const [, name, path] = /^gs:\/\/([^/]+)\/(.+)$/.exec(uri) ?? [];
      if (name === undefined || path === undefined)
        throw invalid(`Source URI must be a Google Cloud Storage location: ${uri}`);
      return bucket(name).matching(path);
    },
    close: () => server.close(),
  };
}

function put(
  objects: Objects,
  resource: Record<string, unknown>,
  data: Buffer,
  query: URLSearchParams,
): StoredObject {
  const name = query.get("name") ?? (resource.name as string | undefined);
  if (!name) throw invalid("Required: name");
  const contentType = String(resource.contentType ?? "application/octet-stream");
  return objects.put(name, data, contentType, query.get("ifGenerationMatch"));
}

function answerBucket(name: string, objects: Objects, { method, path }: FakeRequest, { searchParams }: URL) {
  if (method !== "GET") throw notFound(`${method} ${path}`);
  if (!path.endsWith("/o"))
    return (response: ServerResponse) => sendJson(response, 200, { kind: "storage#bucket", name });
  const { items, ...rest } = objects.list(
    searchParams.get("prefix") ?? "",
    searchParams.get("delimiter"),
    searchParams.get("pageToken") ?? "",
    Math.min(Number(searchParams.get("maxResults") ?? PAGE), PAGE),
  );
  const page = { kind: "storage#objects", items: items.map((item) => resourceOf(name, item)), ...rest };
  return (response: ServerResponse) => sendJson(response, 200, page);
}

function answerObject(
  bucket: string,
  objects: Objects,
  { method, path }: FakeRequest,
  { searchParams }: URL,
  name: string,
) {
  if (method === "DELETE") {
    objects.delete(name);
    return (response: ServerResponse) => sendJson(response, 204, undefined);
  }
  if (method !== "GET") throw notFound(`${method} ${path}`);
  const stored = objects.get(name);
  if (searchParams.get("alt") !== "media")
    return (response: ServerResponse) => sendJson(response, 200, resourceOf(bucket, stored));
  const headers = {
    "content-type": stored.contentType,
    "content-length": String(stored.data.length),
    "x-goog-hash": `crc32c=${stored.crc32c},md5=${stored.md5}`,
    "x-goog-generation": String(stored.generation),
  };
  return (response: ServerResponse) => void response.writeHead(200, headers).end(stored.data);
}

function resourceOf(bucket: string, object: StoredObject) {
  return {
    kind: "storage#object",
    id: `${bucket}/${object.name}/${object.generation}`,
    name: object.name,
    bucket,
    generation: String(object.generation),
    metageneration: "1",
    contentType: object.contentType,
    size: String(object.data.length),
    crc32c: object.crc32c,
    md5Hash: object.md5,
    timeCreated: object.createdAt,
    updated: object.createdAt,
  };
}
