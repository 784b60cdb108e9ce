/**
 * Tells at the end of a run which tests passed only when they were tried again, and why they had failed: a retry must
 * not hide a fault.
 */
export default class RetriedReporter {
  onTestRunEnd(modules) {
    for (const module of modules) {
      for (const test of module.children.allTests('passed')) {
        const retries = test.diagnostic()?.retryCount ?? 0
        if (retries > 0)
          console.log(`passed on ${ordinal(retries + 1)} try: ${module.relativeModuleId} > ${test.fullName}: ${reasonOf(test)}`)
      }
    }
  }
}

function ordinal(n) {
  return ['first', 'second', 'third'][n - 1] ?? `${n}th`
}

function reasonOf(test) {
  return test.result().errors?.[0]?.message?.split('\n')[0] ?? 'it did not say why'
}
