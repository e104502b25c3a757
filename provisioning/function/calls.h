// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "provisioning/function/curl.h"
#include "provisioning/function/running_function.h"
#include "provisioning/function/target.h"

namespace msggw::function {

// The calls of the Provisioning Function, made with the curl program, for tests.

inline const std::string kCollection(kCollectionPath);

inline std::string request_for(const std::string& private_id) {
  return R"({"ueType":"NON_3GPP","privateId":")" + private_id +
         R"(","info":{"deviceType":"meter","vendor":"v"}})";
}

inline std::vector<std::string> post_arguments(const std::string& root,
                                               const std::string& private_id) {
  return {"-H", "content-type: application/json", "--data-binary", request_for(private_id),
          root + kCollection};
}

inline CurlAnswer post(const std::string& root, const std::string& private_id,
                       const std::vector<std::string>& more = {}) {
  auto arguments = post_arguments(root, private_id);
  arguments.insert(arguments.begin(), more.begin(), more.end());
  return curl(arguments);
}

inline CurlAnswer get(const RunningFunction& pf, const std::string& segment) {
  return curl({pf.root() + kCollection + "/" + segment});
}

inline CurlAnswer del(const RunningFunction& pf, const std::string& segment) {
  return curl({"-X", "DELETE", pf.root() + kCollection + "/" + segment});
}

}  // namespace msggw::function
