/** One address a screen. Addresses are in the fragment, so that the page works from any place it is served from. */
import { createRouter, createWebHashHistory } from 'vue-router'
import LabView from '../views/lab/LabView.vue'
import LogsView from '../views/logs/LogsView.vue'
import WorkloadsView from '../views/workloads/WorkloadsView.vue'

export const screens = ['lab', 'workloads', 'logs'] as const
export type Screen = (typeof screens)[number]

export const router = createRouter({
  history: createWebHashHistory(),
  routes: [
    { path: '/', redirect: '/lab' },
    { path: '/lab', name: 'lab', component: LabView },
    { path: '/workloads', name: 'workloads', component: WorkloadsView },
    { path: '/logs/:source?', name: 'logs', component: LogsView, props: true },
    { path: '/:rest(.*)', redirect: '/lab' },
  ],
})
