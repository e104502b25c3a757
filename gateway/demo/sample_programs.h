// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/streambuf.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "gateway/demo/child.h"

namespace msggw::demo {

using Program = std::vector<std::string>;  ///< its path and its arguments

/// Programs that run at the same time and print a line for each thing that they have done.
class SamplePrograms {
 public:
  using Done = std::function<void(const std::vector<std::string>& lines)>;

  /// `done` is called once, on the loop, when all have ended. Throws std::runtime_error if they
  /// cannot be started.
  SamplePrograms(boost::asio::io_context& io, const std::vector<Program>& programs, Done done);

 private:
  struct Running {
    Running(boost::asio::io_context& io, const Program& program);
    Child child;
    boost::asio::posix::stream_descriptor output;
    boost::asio::streambuf buffer;
  };
  void read(Running& program);

  std::vector<std::unique_ptr<Running>> programs_;
  std::vector<std::string> lines_;
  std::size_t running_ = 0;
  Done done_;
};

}  // namespace msggw::demo
