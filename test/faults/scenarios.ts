/** Every story. To add one: put what is there, say what users do and when, and what is compared. */
import { accessScenarios } from './scenarios-of-access.ts'
import { deletionScenarios } from './scenarios-of-deletion.ts'
import { deviceAndVolumeScenarios } from './scenarios-of-devices-and-volumes.ts'
import { workloadScenarios } from './scenarios-of-workloads.ts'
import type { Scenario } from './scenario.ts'

export const scenarios: readonly Scenario[] = [...workloadScenarios, ...deletionScenarios, ...deviceAndVolumeScenarios, ...accessScenarios]
