// A model's place in the memory of a device, as the bars show it.
import type { DeviceView, FitAdviceView, FitShareView, FitView } from "@/api/models";
import { formatBytes, formatCount } from "@/components/format";
import { memoryRoom } from "@/components/memoryRoom";
import { m } from "@/paraglide/messages.js";

export interface Part {
  id: "weights" | "cache" | "compute";
  bytes: number;
}

/** What a model takes of a memory. */
export interface Place {
  id: "machine" | "gpu";
  needed: number;
  /** What it can have; absent where the system does not tell. */
  room?: number;
  parts: Part[];
}

/** The places that the first model of `fit` takes, the machine's memory first. Models that are loaded now give way. */
export function placesOf(fit: FitView, device: string | null | undefined): Place[] {
  const [model] = fit.models;
  if (!model) return [];
  const places = [place("machine", model.machine, memoryRoom(fit.machine))];
  if (model.gpu.total_bytes === 0) return places;
  const gpus = fit.devices.filter(isGpu);
  const used = gpus.filter(({ name }) => name === device);
  const free = (used.length > 0 ? used : gpus).reduce((sum, gpu) => sum + gpu.memory_free_bytes, 0);
  return [...places, place("gpu", model.gpu, gpus.length > 0 ? free : undefined)];
}

export const isGpu = ({ kind }: DeviceView) => kind !== "cpu";

function place(id: Place["id"], share: FitShareView, room: number | undefined): Place {
  const parts: Part[] = [
    { id: "weights", bytes: share.weights_bytes },
    { id: "cache", bytes: share.kv_bytes },
    { id: "compute", bytes: share.compute_bytes + share.other_bytes },
  ];
  return { id, needed: share.total_bytes, room, parts: parts.filter(({ bytes }) => bytes > 0) };
}

/** What would fit, in the page's language; words of a kind that is not known here stay as they came. */
export function adviceText(advice: FitAdviceView): string {
  const { code, quantization, size_bytes, folder, context_tokens, gpu_layers, text } = advice;
  if (code === "smaller_quantization" && quantization != null)
    return m.advice_quantization({ quantization, size: size_bytes == null ? "–" : formatBytes(size_bytes) });
  if (code === "quantize" && quantization != null && folder != null)
    return m.advice_quantize({
      quantization,
      folder,
      size: size_bytes == null ? "–" : formatBytes(size_bytes),
    });
  if (code === "shorter_context" && context_tokens != null)
    return m.advice_context({ count: formatCount(context_tokens) });
  if (code === "fewer_gpu_layers" && gpu_layers != null)
    return m.advice_layers({ count: formatCount(gpu_layers) });
  return code === "smaller_model" ? m.advice_model() : text;
}
