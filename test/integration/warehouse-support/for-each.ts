import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Warehouse } from "@lifecycle/warehouse";
import { afterEach, beforeEach } from "vitest";
import type { BigqueryServer } from "../../fakes/bigquery-server.ts";
import { type Driver, openFake } from "./drivers.ts";

export interface Place {
  /** For the files of a test; gone after it. */
  folder: string;
  warehouse: Warehouse;
}

export interface BigqueryPlace extends Place {
  server: BigqueryServer;
}

type RawTables = Parameters<Warehouse["bootstrap"]>[0];

/** A warehouse of its own for each test of the suite that calls this, with these raw tables: look at it only within a test. */
export function warehouseForEach(open: Driver["open"], tables?: RawTables): Readonly<Place> {
  const place = {} as Place;
  let dispose: () => Promise<void>;

  beforeEach(async () => {
    place.folder = await mkdtemp(join(tmpdir(), "warehouse-"));
    ({ warehouse: place.warehouse, dispose } = await open(place.folder));
    await place.warehouse.bootstrap(tables);
  });

  afterEach(async () => {
    await dispose();
    await rm(place.folder, { recursive: true });
  });

  return place;
}

/** The same on a fake of BigQuery, which stands beside it. */
export function bigqueryForEach(tables?: RawTables): Readonly<BigqueryPlace> {
  const place = warehouseForEach(async () => {
    const opened = await openFake();
    (place as BigqueryPlace).server = opened.server;
    return opened;
  }, tables);
  return place as BigqueryPlace;
}
