import { execFile } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { examineRedis, type RedisBinary } from "./redis-binary.ts";
import { withLock } from "./with-lock.ts";

/** On Debian and Ubuntu: the distribution's own Redis, downloaded and unpacked into a folder. No root, no service. */
export interface PackageOptions {
  /** Keeps the unpacked packages, so that this happens once per clone. */
  folder: string;
  /** Told in words what happens and why something was not usable. */
  note: (text: string) => void;
}

const WANTED = ["redis-server", "redis-tools"];
/** Comes from the system in any case: another one would not fit the system's loader. */
const NEVER = new Set(["libc6", "libc-bin"]);
const COMMAND_MS = 180_000;

const execute = promisify(execFile);

/** The unpacked server, fetched if need be; undefined when this is no Debian, or it did not work (`note` says why). */
export async function redisFromPackages(options: PackageOptions): Promise<RedisBinary | undefined> {
  if (!isDebianLike()) return undefined;
  mkdirSync(options.folder, { recursive: true });
  return withLock(join(options.folder, "lock"), 2 * COMMAND_MS, async () => {
    const unpacked = join(options.folder, "root");
    if (existsSync(unpacked)) {
      const kept = await examine(unpacked);
      if (typeof kept !== "string") return kept;
      rmSync(unpacked, { recursive: true, force: true });
    }
    try {
      await fetchAndUnpack(options, unpacked);
    } catch (error) {
      options.note(`the distribution's Redis packages could not be fetched: ${lastLine(error)}`);
      return undefined;
    }
    const found = await examine(unpacked);
    if (typeof found !== "string") return found;
    options.note(found);
    return undefined;
  });
}

function isDebianLike(): boolean {
  if (process.platform !== "linux" || !existsSync("/etc/os-release")) return false;
  const release = readFileSync("/etc/os-release", "utf8");
  return (
    /^ID(_LIKE)?=.*(debian|ubuntu)/m.test(release) &&
    existsSync("/usr/bin/apt-get") &&
    existsSync("/usr/bin/dpkg-deb")
  );
}

/** With the machine's package lists if they serve, else with lists of our own: containers often come without any. */
async function fetchAndUnpack({ folder, note }: PackageOptions, unpacked: string): Promise<void> {
  note("no Redis on this machine: fetching the distribution's packages, once, without installing them");
  const apt = ["-o", "Debug::NoLocking=1", "-o", "Dir::State::status=/var/lib/dpkg/status"];
  if (process.getuid?.() === 0) apt.push("-o", "APT::Sandbox::User=root");
  const debs = join(folder, "debs");
  try {
    await download(apt, debs);
  } catch {
    const lists = join(folder, "lists");
    const cache = join(folder, "cache");
    for (const path of [join(lists, "partial"), join(cache, "archives/partial")])
      mkdirSync(path, { recursive: true });
    apt.push("-o", `Dir::State::lists=${lists}`, "-o", `Dir::Cache=${cache}`);
    await command("apt-get", [...apt, "-q", "update"], folder);
    await download(apt, debs);
    rmSync(lists, { recursive: true, force: true });
    rmSync(cache, { recursive: true, force: true });
  }
  const aside = `${unpacked}.new`;
  rmSync(aside, { recursive: true, force: true });
  for (const deb of readdirSync(debs)) await command("dpkg-deb", ["-x", join(debs, deb), aside], folder);
  renameSync(aside, unpacked);
  rmSync(debs, { recursive: true, force: true });
}

/** The wanted packages and those of their dependencies that this machine lacks. */
async function download(apt: string[], debs: string): Promise<void> {
  rmSync(debs, { recursive: true, force: true });
  mkdirSync(debs, { recursive: true });
  const plan = await command(
    "apt-get",
    [...apt, "-s", "-q", "--no-install-recommends", "install", ...WANTED],
    debs,
  );
  const missing = [...plan.matchAll(/^Inst (\S+)/gm)].map((match) => match[1]!.replace(/:.*/, ""));
  const names = [...new Set([...WANTED, ...missing])].filter((name) => !NEVER.has(name));
  await command("apt-get", [...apt, "-q", "download", ...names], debs);
}

async function command(name: string, args: string[], cwd: string): Promise<string> {
  const { stdout } = await execute(`/usr/bin/${name}`, args, {
    cwd,
    env: { ...networkEnvironment(), LC_ALL: "C", DEBIAN_FRONTEND: "noninteractive" },
    timeout: COMMAND_MS,
    maxBuffer: 32 * 1024 * 1024,
  });
  return stdout;
}

/** What apt may see of our environment: how to reach the network, and nothing else. */
function networkEnvironment(): NodeJS.ProcessEnv {
  const wanted = Object.entries(process.env).filter(([name]) =>
    /^(PATH|HOME|TMPDIR|APT_CONFIG|.*_proxy)$/i.test(name),
  );
  return Object.fromEntries(wanted);
}

function examine(unpacked: string): Promise<RedisBinary | string> {
  const libraries = ["usr/lib", "lib"].flatMap((base) => foldersWithLibraries(join(unpacked, base)));
  const env: Record<string, string> = libraries.length > 0 ? { LD_LIBRARY_PATH: libraries.join(":") } : {};
  return examineRedis(join(unpacked, "usr/bin/redis-server"), env);
}

function foldersWithLibraries(base: string): string[] {
  if (!existsSync(base)) return [];
  const folders = [base, ...readdirSync(base).map((name) => join(base, name))];
  return folders.filter((folder) => {
    try {
      return readdirSync(folder).some((name) => name.includes(".so"));
    } catch {
      return false;
    }
  });
}

function lastLine(error: unknown): string {
  const { stderr, message } = error as { stderr?: string; message?: string };
  return (stderr?.trim() || message || String(error)).split("\n").at(-1)!;
}
