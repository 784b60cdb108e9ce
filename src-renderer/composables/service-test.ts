import type { EnginePartName, RequestInput, ServiceTest } from '@contract'
import type { ShallowRef } from 'vue'
import { onScopeDispose, ref, shallowRef } from 'vue'
import { request, RequestError } from '../bridge'

export interface PartTest {
  readonly part: EnginePartName
  /** Null: not yet. */
  readonly result: ServiceTest | null
  readonly running: boolean
}

export interface ServiceTests {
  readonly tests: Readonly<ShallowRef<readonly PartTest[]>>
  readonly running: Readonly<ShallowRef<boolean>>
  /** One part after another: side by side they would slow each other, and their times would say little. */
  readonly run: (entry: RequestInput<'services.models'>, parts: readonly EnginePartName[]) => Promise<void>
  /** What was tested is not what is in the form any more. */
  readonly clear: () => void
}

async function test(entry: RequestInput<'services.models'>, part: EnginePartName): Promise<ServiceTest> {
  try {
    return await request('services.test', { ...entry, part })
  }
  catch (error) {
    const { code, message } = error instanceof RequestError ? error : new RequestError('internal', String(error))
    return { part, ok: false, firstOutputMs: null, errorCode: code, status: null, detail: message }
  }
}

export function useServiceTest(): ServiceTests {
  const tests = shallowRef<readonly PartTest[]>([])
  const running = ref(false)
  let runs = 0

  function put(part: EnginePartName, change: Partial<PartTest>): void {
    tests.value = tests.value.map(one => one.part === part ? { ...one, ...change } : one)
  }

  function clear(): void {
    runs += 1
    running.value = false
    tests.value = []
  }

  async function run(entry: RequestInput<'services.models'>, parts: readonly EnginePartName[]): Promise<void> {
    clear()
    const own = runs
    running.value = true
    tests.value = parts.map(part => ({ part, result: null, running: false }))
    for (const part of parts) {
      put(part, { running: true })
      const result = await test(entry, part)
      if (own !== runs)
        return
      put(part, { running: false, result })
    }
    running.value = false
  }

  onScopeDispose(clear)
  return { tests, running, run, clear }
}
