// SPDX-License-Identifier: Apache-2.0
#include "provisioning/function/problems.h"

#include <utility>

namespace msggw::function {

namespace {

constexpr std::chrono::seconds kRetryAfter{
    1};  ///< a commit takes milliseconds; a failing disk is tried each second

}  // namespace

protocol::Encoding encoding_for(const Call& call) noexcept {
  return call.wanted.value_or(call.body_encoding.value_or(protocol::Encoding::json));
}

Answer refuse(protocol::Encoding encoding, const protocol::Problem& problem, CommitNo due) {
  Answer answer;
  answer.reply.status = problem.status;
  answer.reply.encoding = encoding;
  answer.reply.is_problem = true;
  answer.reply.body = protocol::encode_problem(encoding, problem);
  answer.due = due;
  return answer;
}

Answer refuse(protocol::Encoding encoding, unsigned status, const char* cause, std::string detail,
              std::string param) {
  protocol::Problem problem{status, cause, std::move(detail), {}};
  if (!param.empty()) problem.invalid_params.push_back({std::move(param), problem.detail});
  return refuse(encoding, problem);
}

/// A method that does not exist is 501, one that does not fit 405 (TS 29.500 5.2.7.2).
Answer refuse_method(protocol::Encoding encoding, Method method, std::string_view allow) {
  if (method == Method::unknown) return refuse(encoding, 501, "", "the method is not known");
  auto answer = refuse(encoding, 405, "", "the methods of this resource are " + std::string(allow));
  answer.reply.allow = allow;
  return answer;
}

Answer refuse_encoding(protocol::Encoding encoding, unsigned status, bool names_header) {
  const bool body = status == 415;
  const char* const what = body ? "the body must be one of " : "the answer can be one of ";
  std::string param = body ? "header content-type" : "header accept";
  if (!names_header) param.clear();
  return refuse(encoding, status, "", std::string(what) + "application/json, application/cbor",
                std::move(param));
}

Answer refuse_overload(protocol::Encoding encoding) {
  auto answer = refuse(encoding, 503, "NF_CONGESTION", "too many requests wait for the store");
  answer.reply.retry_after = kRetryAfter;
  return answer;
}

Answer refuse_without_store(protocol::Encoding encoding) {
  auto answer =
      refuse(encoding, 503, "SYSTEM_FAILURE", "the store is gone, so nothing is promised");
  answer.reply.retry_after = kRetryAfter;
  return answer;
}

}  // namespace msggw::function
