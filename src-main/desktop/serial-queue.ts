/** Runs asynchronous steps one after another, in the order asked; a failed step does not stop the next. */
export function createSerialQueue(): <T>(step: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve()
  return (step) => {
    const next = last.then(step, step)
    last = next.catch(() => {})
    return next
  }
}
