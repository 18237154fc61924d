import { describe, expect, it } from "vitest";
import { type Row, resource, rowsOf } from "./answers.fixture.ts";

describe("the types of exported users", () => {
  const user = (fields: Row): Row =>
    rowsOf("users-export-segment", [{ braze_id: "b", ...fields }], "raw_user_export")[0]!;

  it.each([
    ["2020-07-10 15:00:00.000 UTC", "2020-07-10T15:00:00.000Z"],
    ["2020-07-10T15:00:00.000Z", "2020-07-10T15:00:00.000Z"],
    ["2020-07-10T17:00:00+02:00", "2020-07-10T15:00:00.000Z"],
  ])("created_at may be %s", (created_at, expected) => {
    expect(user({ created_at }).created_at).toBe(expected);
  });

  it("sessions of an app are a number or a text: kept as received", () => {
    const apps = [
      { name: "A", sessions: 3 },
      { name: "B", sessions: "4" },
    ];
    expect(user({ apps }).apps).toEqual(apps);
  });

  it("coordinates come in an order nobody is sure of: kept, not named", () => {
    expect(user({ last_coordinates: [40.75, -73.99] }).last_coordinates).toEqual([40.75, -73.99]);
  });

  it("a time zone need not be an IANA name", () => {
    expect(user({ time_zone: "Eastern Time (US & Canada)" }).time_zone).toBe("Eastern Time (US & Canada)");
  });

  it("total_revenue is whole or not", () => {
    expect(
      [user({ total_revenue: 65 }), user({ total_revenue: 65.5 })].map((row) => row.total_revenue),
    ).toEqual(["65", "65.5"]);
  });

  it("what is absent is null; who has an uninstall time has uninstalled", () => {
    expect(user({})).toMatchObject({
      email: null,
      country: null,
      uninstalled_at: null,
      is_uninstalled: false,
    });
    expect(user({ uninstalled_at: "2026-01-01T00:00:00Z" })).toMatchObject({ is_uninstalled: true });
  });

  it("a user that comes twice stays twice: models count one", () => {
    const body = [{ braze_id: "b" }, { braze_id: "b" }];
    expect(rowsOf("users-export-global-control-group", body, "raw_user_export")).toHaveLength(2);
  });

  it("names, addresses and whatever is unknown are personal", () => {
    const [table] = resource("users-export-segment").targets;
    const personal = table!.columns.filter(({ pii }) => pii).map(({ name }) => name);
    expect(personal).toEqual(
      expect.arrayContaining(["external_id", "email", "phone", "first_name", "last_name", "extra"]),
    );
    expect(user({ shoe_size: 43 }).extra).toEqual({ shoe_size: 43 });
  });
});
