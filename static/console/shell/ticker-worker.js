/**
 * One tick a second: the timers of a hidden page slow down, those of a worker do not.
 * Each says when it was sent, so that the page can tell how late it reads it.
 */
setInterval(() => postMessage(performance.timeOrigin + performance.now()), 1000);
