// Small but whole answers about getting models, for tests.
import type {
  CatalogFileView,
  CatalogModelView,
  CatalogView,
  HubRepository,
  HubView,
  TransferView,
} from "@/api/getModels";
import type { FitView } from "@/api/models";

export const catalogFile = (id: string, extra: Partial<CatalogFileView> = {}): CatalogFileView => ({
  id,
  quantization: "Q4_K_M",
  paths: [`${id}.gguf`],
  size_bytes: 4e9,
  size_is_estimate: false,
  sha256: [],
  memory_bytes: 6e9,
  present: false,
  ...extra,
});

export const catalogModel = (id: string, extra: Partial<CatalogModelView> = {}): CatalogModelView => ({
  id,
  title: `Model ${id}`,
  roles: ["CodeLlama"],
  description: `What ${id} is good for.`,
  licence: "Apache-2.0",
  licence_url: "https://example.org/licence",
  gated: false,
  format: "gguf",
  context_length: 16_384,
  n_params: 6_700_000_000,
  architecture: "llama",
  repository: `someone/${id}`,
  workstation: ["8GB"],
  files: [catalogFile(`${id}-q4`)],
  recommended_file: `${id}-q4`,
  source_note: "From its card.",
  own: false,
  ...extra,
});

export const catalogView = (...entries: CatalogModelView[]): CatalogView => ({
  entries,
  own_catalog_path: "/data/catalog.json",
});

export const hubView = (extra: Partial<HubView> = {}): HubView => ({
  endpoint: "https://huggingface.co",
  endpoint_from: "default",
  token: "none",
  max_downloads: 2,
  ...extra,
});

export const repositoryView = (extra: Partial<HubRepository> = {}): HubRepository => ({
  repository: "someone/model-GGUF",
  revision: "main",
  commit: "0123456789abcdef",
  page: "https://huggingface.co/someone/model-GGUF",
  gated: false,
  licence: "mit",
  models: [],
  files: [],
  ...extra,
});

/** A machine of 16 GB, of which 8 are free. */
export const fitView = (available_bytes = 8e9): FitView => ({
  machine: { total_bytes: 16e9, available_bytes, held_bytes: 0, allow_overcommit: false },
  devices: [],
  models: [],
});

export const transferView = (id: string, extra: Partial<TransferView> = {}): TransferView => ({
  id,
  kind: "download",
  title: `Model ${id}`,
  state: "running",
  done_bytes: 1e9,
  total_bytes: 4e9,
  started_at: "2026-01-01T10:00:00Z",
  ...extra,
});
