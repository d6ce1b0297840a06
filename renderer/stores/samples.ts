/** Figures over time of whatever was looked at, kept as long as the page lives. */
import { defineStore } from 'pinia'
import { shallowReactive } from 'vue'
import { type Sample, withSample } from '../lib/series.ts'

export const useSamplesStore = defineStore('samples', () => {
  const kept = shallowReactive(new Map<string, readonly Sample[]>())

  /** @param of what the figures are of, the lab's name included. */
  function add(of: string, sample: Sample): void {
    kept.set(of, withSample(kept.get(of) ?? [], sample))
  }

  return { add, of: (name: string): readonly Sample[] => kept.get(name) ?? [] }
})
