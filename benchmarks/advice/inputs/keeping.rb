# SPDX-License-Identifier: MIT
# ruby: 100 threads that each build a list one after the other, keep a part of it, and stay.
lock = Mutex.new
threads = Array.new(100) do |n|
  Thread.new do
    lock.synchronize do
      list = Array.new(4000) { |k| "#{n} #{k} " * 100 }
      Thread.current[:kept] = list.each_slice(20).map(&:first)
    end
    sleep 1
  end
end
threads.each(&:join)
puts threads.sum { |t| t[:kept].length }
