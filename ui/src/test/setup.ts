import { cleanup, configure } from "@testing-library/react";
import { afterEach } from "vitest";
import { setLocale } from "@/paraglide/runtime.js";

configure({ asyncUtilTimeout: 10_000 });
setLocale("en", { reload: false });
afterEach(() => {
  cleanup();
  localStorage.clear();
});
