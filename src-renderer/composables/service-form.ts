import type { EnginePartName, ServiceView } from '@contract'
import type { Ref } from 'vue'
import type { DraftField, DraftProblem, DraftProblems, ServiceDraft } from '../services/draft'
import type { ServiceEntry } from '../stores/services'
import { computed, ref, shallowRef, watch } from 'vue'
import { request, RequestError } from '../bridge'
import { isAddress, keepsKey, problemsOf, serviceOf } from '../services/draft'
import { PARTS, useServices } from '../stores/services'

export interface ModelList {
  readonly models: Readonly<Ref<readonly string[] | null>>
  readonly loading: Readonly<Ref<boolean>>
  /** Why they could not be listed: an error's code. */
  readonly errorCode: Readonly<Ref<string | null>>
  readonly load: () => Promise<void>
}

export interface ServiceForm {
  readonly draft: Ref<ServiceDraft>
  readonly key: Ref<string>
  readonly removesKey: Ref<boolean>
  /** As it is saved; null: it is new. */
  readonly view: Readonly<Ref<ServiceView | null>>
  readonly isValid: Readonly<Ref<boolean>>
  readonly parts: Readonly<Ref<readonly EnginePartName[]>>
  /** What is shown as wrong: of fields that were left, or all once somebody wanted to save. */
  readonly problem: (field: DraftField) => DraftProblem | undefined
  readonly leave: (field: DraftField) => void
  readonly showAll: () => void
  /** What is sent to main; only of a valid draft. */
  readonly entry: () => ServiceEntry
  readonly list: ModelList
}

/** A service being edited: it is nothing to main until it is saved, tested or asked for its models. */
export function useServiceForm(initial: ServiceDraft, initialModels: readonly string[] | null): ServiceForm {
  const store = useServices()
  const draft = ref(structuredClone(initial))
  const key = ref('')
  const removesKey = ref(false)
  const touched = ref(new Set<DraftField>())
  const showsAll = ref(false)

  const view = computed(() => draft.value.id === null ? null : store.find(draft.value.id))
  const problems = computed<DraftProblems>(() => problemsOf(draft.value))
  const parts = computed(() => PARTS.filter(part => draft.value[part].on))

  function keyEntry(): Pick<ServiceEntry, 'key'> {
    const typed = key.value.trim()
    if (draft.value.keyEnv === null && typed !== '')
      return { key: typed }
    return removesKey.value ? { key: null } : {}
  }

  function entryOf(service: ServiceDraft): ServiceEntry {
    return { service: serviceOf(service, store.services.map(one => one.service.id)), ...keyEntry() }
  }

  return {
    draft,
    key,
    removesKey,
    view,
    isValid: computed(() => Object.keys(problems.value).length === 0),
    parts,
    problem: field => showsAll.value || touched.value.has(field) ? problems.value[field] : undefined,
    leave: field => touched.value.add(field),
    showAll: () => {
      showsAll.value = true
    },
    entry: () => entryOf(draft.value),
    list: useModelList(initialModels, draft, key, () => entryOf(bareDraft(draft.value))),
  }
}

/** Enough to ask where it is: what else is in the form may still be wrong. */
function bareDraft(draft: ServiceDraft): ServiceDraft {
  const off = <T extends { on: boolean, model: string, price: string }>(part: T): T => ({ ...part, on: false, model: '', price: '' })
  return { ...draft, name: draft.name.trim().slice(0, 60) || 'service', caFile: draft.caFile.trim().slice(0, 1_000), chat: off(draft.chat), asr: off(draft.asr), tts: off(draft.tts) }
}

function useModelList(initial: readonly string[] | null, draft: Ref<ServiceDraft>, key: Ref<string>, entry: () => ServiceEntry): ModelList {
  const models = shallowRef(initial)
  const loading = ref(false)
  const errorCode = ref<string | null>(null)
  let asked = 0

  watch([() => draft.value.baseUrl, () => draft.value.caFile, key], ([address], [before]) => {
    asked += 1
    loading.value = false
    errorCode.value = null
    // Of another server they would be another one's.
    if (!keepsKey(before, address) || models.value?.length === 0)
      models.value = null
  })

  async function load(): Promise<void> {
    if (loading.value)
      return
    if (!isAddress(draft.value.baseUrl)) {
      errorCode.value = 'bad-address'
      return
    }
    const own = ++asked
    loading.value = true
    errorCode.value = null
    try {
      const list = await request('services.models', entry())
      if (own === asked)
        models.value = list
    }
    catch (error) {
      if (own === asked)
        errorCode.value = error instanceof RequestError ? error.code : 'internal'
    }
    if (own === asked)
      loading.value = false
  }

  return { models, loading, errorCode, load }
}
