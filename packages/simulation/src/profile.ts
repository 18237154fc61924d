import type { Catalogue } from "./catalogue.ts";
import type { User } from "./population.ts";
import { hash32 } from "./random.ts";

/** Made-up personal data of a user of the apps. Addresses and numbers belong to nobody: they use reserved ranges. */
export interface Profile {
  externalId: string;
  /** 24 hexadecimal digits. */
  brazeId: string;
  email: string;
  /** E.164. */
  phone: string;
  firstName: string;
  lastName: string;
  country: string;
  city: string;
  language: string;
  timeZone: string;
  gender: "M" | "F" | "O" | "N" | "P" | null;
  dateOfBirth: string;
  randomBucket: number;
  emailSubscribe: "opted_in" | "subscribed" | "unsubscribed";
  appName: string;
  platform: string;
}

const FIRST = ["Ada", "Bo", "Chidi", "Dana", "Emre", "Fay", "Gus", "Hana", "Ivo", "Jun", "Kai", "Lea"];
const LAST = ["Abara", "Brandt", "Castro", "Dogan", "Eder", "Fujii", "Garcia", "Haas", "Ito", "Jones"];
const PLACES = [
  ["US", "New York", "en", "America/New_York"],
  ["US", "Chicago", "en", "Central Time (US & Canada)"],
  ["DE", "Berlin", "de", "Europe/Berlin"],
  ["BR", "São Paulo", "pt", "America/Sao_Paulo"],
  ["JP", "東京", "ja", "Asia/Tokyo"],
] as const;
const GENDERS = ["M", "F", "O", "N", "P", null] as const;

export function profileOf(seed: number, user: User, catalogue: Catalogue): Profile {
  const draw = (what: number, below: number) => hash32(seed, 90 + what, user.number) % below;
  const name = String(user.number).padStart(6, "0");
  const firstName = FIRST[draw(1, FIRST.length)]!;
  const lastName = LAST[draw(2, LAST.length)]!;
  const [country, city, language, timeZone] = PLACES[draw(3, PLACES.length)]!;
  const hex = [1, 2, 3].map((word) => hash32(seed, 99, user.number, word).toString(16).padStart(8, "0"));
  return {
    externalId: `user-${name}`,
    brazeId: hex.join(""),
    email: `${firstName}.${lastName}.${name}@mail.example`.toLowerCase(),
    phone: `+1555${String(1_000_000 + (user.number % 9_000_000))}`,
    firstName,
    lastName,
    country,
    city,
    language,
    timeZone,
    gender: GENDERS[draw(4, GENDERS.length)]!,
    dateOfBirth: `${1950 + draw(5, 55)}-${String(1 + draw(6, 12)).padStart(2, "0")}-15`,
    randomBucket: draw(7, 10_000),
    emailSubscribe: (["opted_in", "subscribed", "unsubscribed"] as const)[Math.min(2, draw(8, 5))]!,
    appName: catalogue.apps[user.app]!.name,
    platform: catalogue.apps[user.app]!.platform,
  };
}
