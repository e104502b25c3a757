// SPDX-License-Identifier: Apache-2.0
#include "gateway/demo/sample_programs.h"

#include <boost/asio/read_until.hpp>
#include <istream>
#include <utility>

namespace msggw::demo {

SamplePrograms::Running::Running(boost::asio::io_context& io, const Program& program)
    : child(program), output(io, child.take_output().release()) {}

SamplePrograms::SamplePrograms(boost::asio::io_context& io, const std::vector<Program>& programs,
                               Done done)
    : done_(std::move(done)) {
  for (const Program& program : programs)
    programs_.push_back(std::make_unique<Running>(io, program));
  running_ = programs_.size();
  for (const auto& started : programs_) read(*started);
}

void SamplePrograms::read(Running& program) {
  boost::asio::async_read_until(
      program.output, program.buffer, '\n',
      [this, &program](const boost::system::error_code& error, std::size_t) {
        if (error) {
          if (--running_ == 0) done_(lines_);
          return;
        }
        std::istream in(&program.buffer);
        std::getline(in, lines_.emplace_back());
        read(program);
      });
}

}  // namespace msggw::demo
