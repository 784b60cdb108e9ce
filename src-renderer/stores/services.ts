import type { AppEvent, EnginePartName, RequestInput, RequestOutput, ServiceSettings, ServiceView, Snapshot } from '@contract'
import { defineStore } from 'pinia'
import { shallowRef } from 'vue'
import { request } from '../bridge'

/** The installation's own models, beside the ids of services. */
export const LOCAL_ID = 'local'
/** In the order in which a turn goes through them. */
export const PARTS = ['asr', 'chat', 'tts'] as const satisfies readonly EnginePartName[]

export type ServiceOffers = RequestOutput<'services.offers'>
export type ServiceEntry = RequestInput<'services.save'>

export const useServices = defineStore('services', () => {
  const services = shallowRef<readonly ServiceView[]>([])
  const hasKeychain = shallowRef(true)
  /** Null until they were looked for. */
  const offers = shallowRef<ServiceOffers | null>(null)

  function applySnapshot(snapshot: Snapshot): void {
    services.value = snapshot.services
  }

  function applyEvent(event: AppEvent): void {
    if (event.type === 'services')
      services.value = event.services
  }

  /** Null: it is not there any more. */
  function find(serviceId: string): ServiceView | null {
    return services.value.find(view => view.service.id === serviceId) ?? null
  }

  /** These and the next reject with a `RequestError`. */
  async function save(entry: ServiceEntry): Promise<void> {
    services.value = await request('services.save', entry)
  }

  async function remove(serviceId: string): Promise<void> {
    await request('services.remove', { serviceId })
    services.value = services.value.filter(view => view.service.id !== serviceId)
  }

  async function setEnabled(service: ServiceSettings, enabled: boolean): Promise<void> {
    await save({ service: { ...service, enabled } })
  }

  /** What the page tells besides: whether there is a keychain, and servers on this machine; nothing leaves it. */
  async function look(): Promise<void> {
    hasKeychain.value = (await request('services.keychain')).hasKeychain
    offers.value = await request('services.offers')
  }

  return { services, hasKeychain, offers, applySnapshot, applyEvent, find, save, remove, setEnabled, look }
})
