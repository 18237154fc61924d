/** A value of the subset. */
export type Value = string | number | boolean | null | Value[] | { [key: string]: Value };

export type Expression = { offset: number } & (
  | { type: "value"; value: Value }
  | { type: "name"; name: string }
  | { type: "list"; items: Expression[] }
  | { type: "dict"; entries: [Expression, Expression][] }
  | { type: "attribute"; of: Expression; name: string }
  | { type: "item"; of: Expression; key: Expression }
  | { type: "call"; callee: Expression; args: Expression[]; named: [string, Expression][] }
  | { type: "filter"; of: Expression; name: string; args: Expression[] }
  | { type: "unary"; operator: "not" | "-"; of: Expression }
  | { type: "binary"; operator: string; left: Expression; right: Expression }
  | { type: "choice"; when: Expression; yes: Expression; no: Expression | undefined }
);

export interface Macro {
  name: string;
  parameters: { name: string; default: Expression | undefined }[];
  body: Template;
  file: string;
  offset: number;
}

export type TemplateNode = { offset: number } & (
  | { type: "text"; text: string }
  | { type: "output"; expression: Expression }
  | { type: "if"; branches: { when: Expression | undefined; body: Template }[] }
  | { type: "for"; names: string[]; over: Expression; body: Template }
  | { type: "set"; name: string; value: Expression }
);

export type Template = TemplateNode[];
