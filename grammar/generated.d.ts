// The compiled grammar is made by `npm run build:grammar` and has no types of its own.

declare module '*/generated/dockerfile.js' {
  import type { CompiledRules } from 'nearley';

  const rules: CompiledRules;
  export default rules;
}
