# SPDX-License-Identifier: MIT
# PHP, with its own pools and with malloc; fibers.

load() {
    need php
    cat >work.php <<'PHP'
<?php
$a = [];
for ($i = 0; $i < 100000; $i++)
    $a[md5((string)($i % 5000))][] = str_repeat('x', $i % 100);
ksort($a);
echo count($a), ' ', array_key_first($a), "\n";
echo md5(json_encode($a)), "\n";
echo md5(serialize(unserialize(serialize($a)))), "\n";
echo preg_match_all('/(a+)b/', str_repeat('aab', 10000), $m), "\n";
if (class_exists('Fiber')) {
    $sum = 0;
    for ($i = 0; $i < 2000; $i++) {
        $f = new Fiber(function () use ($i) {
            $s = str_repeat('y', $i);
            Fiber::suspend(strlen($s));
            return $i;
        });
        $sum += $f->start();
        $f->resume();
        $sum += $f->getReturn();
    }
    echo $sum, "\n";
}
PHP
    under php -n work.php
    echo "exit status $?"
    under env USE_ZEND_ALLOC=0 php -n work.php
}
