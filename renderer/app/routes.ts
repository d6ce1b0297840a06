/** One address a room. Addresses are in the fragment, so that the page works from any place it is served from. */
import { createRouter, createWebHashHistory } from 'vue-router'
import { rooms } from './rooms.ts'

const home = `/${rooms[0]!.name}`

export const router = createRouter({
  history: createWebHashHistory(),
  routes: [
    { path: '/', redirect: home },
    ...rooms.map(({ name, parameters = '', view }) => ({ path: `/${name}${parameters}`, name, component: view, props: true })),
    { path: '/:rest(.*)', redirect: home },
  ],
})
