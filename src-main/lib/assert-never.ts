/** Ends a `switch` over a union: a new member is a type error here, and a wrong value at run time an exception. */
export function assertNever(value: never): never {
  throw new TypeError(`Unexpected value: ${JSON.stringify(value)}`)
}
