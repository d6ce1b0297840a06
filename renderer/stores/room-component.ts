/** The component whose room one is in: its instances, the one looked at, and what the lab host reports of it. */
import { type ComputedRef, computed } from 'vue'
import type { ComponentState } from '../../electron/contract/labs.ts'
import { instancesOf } from '../lib/component-name.ts'
import { useLabsStore } from './labs.ts'
import { usePreferencesStore } from './preferences.ts'

export interface RoomComponent {
  readonly instances: ComputedRef<readonly ComponentState[]>
  readonly state: ComputedRef<ComponentState | null>
  /** Null while the lab has none. */
  readonly name: ComputedRef<string | null>
  choose(name: string): void
}

/** The node once chosen stays chosen in the rooms of all agents. */
export function useRoomComponent(base: string): RoomComponent {
  const labs = useLabsStore()
  const preferences = usePreferencesStore()
  const instances = computed(() => instancesOf(labs.lab?.components ?? [], base))
  const state = computed(() => instances.value.find(({ name, node }) => (node ?? name) === preferences.node) ?? instances.value[0] ?? null)
  const name = computed(() => state.value?.name ?? null)

  function choose(chosen: string): void {
    const found = instances.value.find(one => one.name === chosen)
    if (found !== undefined) preferences.node = found.node ?? found.name
  }

  return { instances, state, name, choose }
}
