import { expect, it } from "vitest";
import { maskSecrets, maskUrl, Secret } from "./secret.ts";

it("a created secret is masked wherever its bare value stands, also inside JSON and URLs", () => {
  new Secret('pa"ss/word+1');
  const text = `plain pa"ss/word+1, ${JSON.stringify({ a: 'pa"ss/word+1' })}, ${encodeURIComponent('pa"ss/word+1')}`;
  expect(maskSecrets(text)).toBe('plain [secret], {"a":"[secret]"}, [secret]');
});

it("a very short value is not masked, so that lines stay readable", () => {
  new Secret("ab");
  expect(maskSecrets("about")).toBe("about");
});

it("a URL keeps host and database and loses its credentials", () => {
  expect(maskUrl("redis://user:hunter2@cache:6379/1?password=x")).toBe("redis://user:***@cache:6379/1");
  expect(maskUrl("redis://token@cache:6379")).toBe("redis://***@cache:6379");
  expect(maskUrl("not a url")).toBe("***");
});
