/** PodTemplate: a template that nothing runs by itself. */
import { defineKind } from '../../define-kind.ts'
import { containerCells, labelsCell } from '../../printing.ts'
import { podTemplates } from '../../resources.ts'
import { setPodTemplateDefaults } from './pod-spec-defaults.ts'
import { validatePodTemplate } from './pod-template-validation.ts'
import { podTemplateWarnings } from './pod-warnings.ts'
import type { PodTemplate } from './types.ts'

export const podTemplate = defineKind<PodTemplate>(podTemplates, {
  hasGeneration: true,
  printer: 'printPodTemplate',
  returnsDeletedObject: true,
  setDefaults(object) { setPodTemplateDefaults(object.template) },
  warnings: ({ template }) => podTemplateWarnings(template, 'template'),
  validate: object => validatePodTemplate(object.template, 'template'),
  cells({ metadata, template }) {
    const [names, images] = containerCells(template?.spec?.containers)
    return [metadata.name, names, images, labelsCell(template?.metadata?.labels)]
  },
})
