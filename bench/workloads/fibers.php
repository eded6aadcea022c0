<?php
// SPDX-License-Identifier: MIT
// Fibers that allocate in turn: fibers.php COUNT STACKS. With USE_ZEND_ALLOC=0
// PHP takes its blocks from malloc.
[$_, $count, $stacks] = $argv;
$fibers = [];
for ($i = 0; $i < $stacks; $i++) {
    $fibers[$i] = new Fiber(function () {
        for (;;) {
            for ($k = 0; $k < 8; $k++) {
                $text = str_repeat("text $k", 10);
            }
            Fiber::suspend();
        }
    });
    $fibers[$i]->start();
}
for ($i = 0; $i < $count; $i++) {
    $fibers[$i % $stacks]->resume();
}
