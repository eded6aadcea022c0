# SPDX-License-Identifier: MIT
# Fibers that allocate in turn: fibers.rb COUNT STACKS.
count, stacks = ARGV.map(&:to_i)
fibers = Array.new(stacks) do
  Fiber.new do
    loop do
      8.times { |i| "a text that is too long for its object #{i}" * 4 }
      Fiber.yield
    end
  end
end
count.times { |i| fibers[i % stacks].resume }
