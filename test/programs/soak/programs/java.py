"""A Java virtual machine: javac, then threads, direct buffers, compression, sub-processes and classes loaded and
dropped, under three garbage collectors. Its native side (compilers, arenas, zip, metaspace) lives on malloc."""
SOURCE = r"""
import java.io.*; import java.nio.*; import java.security.*; import java.util.*; import java.util.concurrent.*;
import java.util.stream.*; import java.util.zip.*; import java.lang.reflect.*;
public class Soak {
    public interface Shape { long area(int n); }
    static long work(int seed) throws Exception {
        Random random = new Random(seed);
        long sum = 0;
        for (int round = 0; round < 12; round++) {
            byte[] data = new byte[40000 + random.nextInt(100000)];
            for (int i = 0; i < data.length; i++) data[i] = (byte) (random.nextInt(30) + 'a');
            Deflater deflater = new Deflater(6);
            deflater.setInput(data); deflater.finish();
            byte[] packed = new byte[data.length + 100];
            int length = deflater.deflate(packed); deflater.end();
            Inflater inflater = new Inflater();
            inflater.setInput(packed, 0, length);
            byte[] back = new byte[data.length];
            if (inflater.inflate(back) != data.length || !Arrays.equals(data, back)) throw new Exception("zip");
            inflater.end();
            ByteBuffer direct = ByteBuffer.allocateDirect(100000 + random.nextInt(200000));
            while (direct.remaining() >= 8) direct.putLong(random.nextLong());
            direct.flip(); sum += direct.getLong(64);
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            sum += new java.math.BigInteger(1, digest.digest(data)).longValue();
            Map<String, List<Integer>> map = new TreeMap<>();
            for (int i = 0; i < 4000; i++) map.computeIfAbsent("k" + random.nextInt(500), k -> new ArrayList<>()).add(i);
            for (var entry : map.entrySet()) sum += entry.getKey().hashCode() * 31L + entry.getValue().size();
        }
        return sum;
    }
    public static void main(String[] args) throws Exception {
        ExecutorService pool = Executors.newFixedThreadPool(8);
        List<Future<Long>> parts = new ArrayList<>();
        for (int i = 0; i < 24; i++) { int seed = i; parts.add(pool.submit(() -> work(seed))); }
        long sum = 0;
        for (Future<Long> part : parts) sum += part.get();
        pool.shutdown();
        for (int i = 0; i < 400; i++) {
            Thread thread = new Thread(() -> ByteBuffer.allocateDirect(1000).put((byte) 1));
            thread.start(); thread.join();
        }
        for (int i = 0; i < 300; i++) {
            int factor = i;
            Shape shape = (Shape) Proxy.newProxyInstance(new ClassLoader(Soak.class.getClassLoader()) {}, new Class<?>[]{Shape.class},
                (proxy, method, given) -> (long) factor * (Integer) given[0]);
            sum += shape.area(i);
        }
        System.gc();
        for (int i = 0; i < 10; i++) {
            Process child = new ProcessBuilder("/bin/echo", "child " + i).start();
            sum += new String(child.getInputStream().readAllBytes()).hashCode() + child.waitFor();
        }
        sum += IntStream.range(0, 300000).parallel().mapToLong(i -> Integer.toString(i).hashCode()).sum();
        System.out.println(sum);
        System.exit(3);
    }
}
"""


def run(job):
    """What the program prints under each collector, and its exit status, 3."""
    (job.folder / 'Soak.java').write_text(SOURCE)
    job.run(['javac', '-J-Xmx512m', 'Soak.java'])
    return '\n'.join(f'{collector}: ' + job.run(['java', '-Xmx512m', f'-XX:+Use{collector}GC', 'Soak'],
                                                name=f'java-{collector}', expected=3)
                     for collector in ('Serial', 'Parallel', 'G1'))
