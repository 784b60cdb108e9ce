import type { AppEvent, DeviceView, Snapshot } from '@contract'
import { defineStore } from 'pinia'
import { computed, shallowRef } from 'vue'
import { request } from '../bridge'

export const useDevices = defineStore('devices', () => {
  const devices = shallowRef<readonly DeviceView[]>([])
  const inputs = computed(() => devices.value.filter(device => device.kind === 'input'))
  const outputs = computed(() => devices.value.filter(device => device.kind === 'output'))

  function applySnapshot(snapshot: Snapshot): void {
    devices.value = snapshot.devices
  }

  function applyEvent(event: AppEvent): void {
    if (event.type === 'devices')
      devices.value = event.devices
  }

  async function refresh(): Promise<void> {
    devices.value = await request('devices.refresh')
  }

  return { devices, inputs, outputs, applySnapshot, applyEvent, refresh }
})
