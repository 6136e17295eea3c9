# SPDX-License-Identifier: MIT
# ruby: 100 threads that build and drop strings and lists.
threads = Array.new(100) do |n|
  Thread.new do
    40.times { |i| Array.new(200) { |k| "#{n} #{i} #{k}" * 20 }.join(",").length }
  end
end
puts threads.map(&:value).length
