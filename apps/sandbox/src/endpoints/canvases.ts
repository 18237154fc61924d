import type { Canvas, CanvasStep } from "@lifecycle/simulation";
import { ApiError } from "../api-error.ts";
import type { Context, Endpoint } from "../endpoint.ts";
import type { Params } from "../params.ts";
import { canvasDaysAsked } from "../series-window.ts";
import type { CanvasBreakdown } from "../views/canvas-series.ts";
import { messageShape } from "../views/message-shapes.ts";
import { detailsOf } from "./object-details.ts";
import { pageOf } from "./object-list.ts";

export const canvasEndpoints: Endpoint[] = [
  {
    method: "GET",
    path: "/canvas/list",
    scope: "canvas.list",
    bucket: "default",
    answer: ({ params }, context) => ({
      message: "success",
      canvases: pageOf(context.world.canvases(context.nowMs), params, context),
    }),
  },
  {
    method: "GET",
    path: "/canvas/details",
    scope: "canvas.details",
    bucket: "default",
    objectParam: "canvas_id",
    answer: ({ params }, context) => details(canvasOf(params, context), params, context),
  },
  {
    method: "GET",
    path: "/canvas/data_series",
    scope: "canvas.data_series",
    bucket: "default",
    objectParam: "canvas_id",
    answer({ params }, context) {
      const canvas = canvasOf(params, context);
      const range = canvasDaysAsked(params, context, 14);
      const stats = context.series.canvas(canvas, range, context.nowMs, breakdownOf(params));
      return { message: "success", data: { name: canvas.name, stats } };
    },
  },
];

export function canvasOf(params: Params, context: Context): Canvas {
  const canvas = context.world.canvasById(params.requiredText("canvas_id"), context.nowMs);
  if (!canvas) throw new ApiError(400, "Invalid Canvas ID");
  return canvas;
}

export function breakdownOf(params: Params): CanvasBreakdown {
  return {
    variants: params.flag("include_variant_breakdown"),
    steps: params.flag("include_step_breakdown"),
    deletedSteps: params.flag("include_deleted_step_data"),
  };
}

function details(canvas: Canvas, params: Params, context: Context): object {
  const { shared, revision, translation, first, last } = detailsOf(canvas, params, context);
  const kept = canvas.steps.filter((step) => !step.isDeleted);
  return {
    ...shared,
    first_entry: first,
    last_entry: last,
    variants: canvas.variants.map((variant) => {
      const first = variant.steps.slice(0, 1).map((index) => canvas.steps[index]!.id);
      return { name: variant.name, id: variant.id, first_step_ids: first, ...onlyFirst(first) };
    }),
    teams: canvas.index % 3 === 0 ? ["Growth"] : [],
    steps: kept.map((step) => stepShape(canvas, step, revision, translation)),
  };
}

/** The old singular field is there only when there is exactly one first step. */
function onlyFirst(ids: string[]): object {
  return ids.length === 1 ? { first_step_id: ids[0] } : {};
}

function stepShape(canvas: Canvas, step: CanvasStep, revision: number, translation: boolean): object {
  const next = step.next.map((index) => canvas.steps[index]!).filter((following) => !following.isDeleted);
  const pathName = (path: number) =>
    step.type === "experiment_path" ? `Path ${path + 1}` : step.type === "decision_split" ? "Yes" : "null";
  const content = { id: step.messageId, name: step.name, isControl: false, title: step.name, revision };
  const { channel } = step;
  return {
    name: step.name,
    type: step.type,
    id: step.id,
    next_step_ids: channel ? next.map((following) => following.id) : [],
    next_paths: next.map((following, path) => ({ name: pathName(path), next_step_id: following.id })),
    channels: channel ? [channel] : [],
    messages: channel ? { [step.messageId]: messageShape({ ...content, channel }, translation) } : {},
  };
}
