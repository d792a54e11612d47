/**
 * `instanceof` that holds across the ESM and the CJS build and across duplicate installs, where
 * each copy has classes of its own. The symbol is registered, so all copies share it. A user's subclass
 * keeps the ordinary meaning of `instanceof`. No static blocks, which React Native's preset for Babel
 * does not take.
 */
export function brand(owner: { readonly prototype: object }, className: string): void {
  const mark = Symbol.for(`axios-breaker.${className}`)
  Object.defineProperty(owner.prototype, mark, { value: true })
  Object.defineProperty(owner, Symbol.hasInstance, {
    value(this: { readonly prototype: object }, value: unknown): boolean {
      if (typeof value !== 'object' || value === null) return false
      try {
        return this === owner
          ? mark in value
          : Object.prototype.isPrototypeOf.call(this.prototype, value)
      } catch {
        // A proxy that throws, or was revoked, is none of ours.
        return false
      }
    },
  })
}
