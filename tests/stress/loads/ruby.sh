# SPDX-License-Identifier: MIT
# Ruby: threads, fibers, fork, the collector.

load() {
    need ruby
    cat >work.rb <<'RB'
h = Hash.new { |a, k| a[k] = [] }
100_000.times { |i| h[(i * 7919 % 4999).to_s(36)] << "x" * (i % 60) }
puts h.size, h.keys.sort.first(5).join(","), h.values.sum { |v| v.join.size }
threads = 8.times.map do |n|
  Thread.new { (1..2000).map { |i| "#{n}#{i}" }.join.hash; n }
end
puts threads.map(&:value).sum
fibers = 3000.times.map { |i| Fiber.new { Fiber.yield "y" * i; i } }
puts fibers.sum { |f| f.resume.size }
puts fibers.sum(&:resume)
GC.start
GC.compact if GC.respond_to?(:compact) && RUBY_PLATFORM =~ /x86_64/ rescue nil
r, w = IO.pipe
pid = fork { w.puts((1..1000).map(&:to_s).join.size); exit!(3) }
Process.wait pid
puts $?.exitstatus, r.gets
puts `echo child`
RB
    under ruby --disable=gems work.rb
}
