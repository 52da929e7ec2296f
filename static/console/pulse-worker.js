/** One tick a second: the timers of a hidden page slow down, those of a worker do not. */
setInterval(() => postMessage("tick"), 1000);
