# SPDX-License-Identifier: MIT
# A JVM: javac, threads, collections, direct buffers, deflate.

load() {
    need java javac
    cat >Work.java <<'J'
import java.nio.ByteBuffer;
import java.util.*;
import java.util.concurrent.*;
import java.util.zip.*;
public class Work {
    static long work(int n) throws Exception {
        long sum = 0;
        for (int i = 0; i < 200; i++) {
            byte[] in = ("x" + n + i).repeat(i + 1).getBytes();
            Deflater d = new Deflater();
            d.setInput(in); d.finish();
            byte[] out = new byte[in.length + 100];
            sum += d.deflate(out); d.end();
            sum += ByteBuffer.allocateDirect(1000 + i).capacity();
        }
        return sum;
    }
    public static void main(String[] a) throws Exception {
        ExecutorService pool = Executors.newFixedThreadPool(6);
        List<Future<Long>> got = new ArrayList<>();
        for (int n = 0; n < 24; n++) { int m = n; got.add(pool.submit(() -> work(m))); }
        long sum = 0;
        for (Future<Long> f : got) sum += f.get();
        pool.shutdown();
        Map<String, Integer> m = new TreeMap<>();
        for (int i = 0; i < 200000; i++) m.merge("k" + i % 5003, i, Integer::sum);
        System.out.println(sum + " " + m.size() + " " + m.get("k77"));
    }
}
J
    under javac Work.java && under java -Xmx256m Work
}
